// An answer that cannot be read out says so where the player would be. Errors of media do not bubble, so they are caught on their way down.
document.addEventListener(
  "error",
  (event) => {
    const player = event.target;
    if (!(player instanceof HTMLAudioElement) || !player.dataset.problem) return;
    const sentence = document.createElement("p");
    sentence.className = "s-help";
    sentence.setAttribute("role", "alert");
    sentence.textContent = player.dataset.problem;
    player.replaceWith(sentence);
  },
  true,
);
