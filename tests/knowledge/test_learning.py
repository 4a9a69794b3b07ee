"""From a text to passages that are found, and back out again."""

from __future__ import annotations

from frontdesk.knowledge.models import Source
from frontdesk.knowledge.retrieval import search_now


def test_a_text_is_learned_and_found(base, learned):
    source = learned("The café opens at seven.\n\nDogs are welcome on the terrace.", "Opening hours")
    assert source.state == Source.State.READY
    assert source.chunk_count == 1
    result = search_now([base], "May I bring my dog?")
    assert [passage.source_id for passage in result.passages] == [source.pk]
    assert set(result.passages[0].scores) == {"words", "ngrams", "meaning"}
    assert result.passages[0].title == "Opening hours"
