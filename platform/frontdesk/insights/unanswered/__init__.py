"""Questions that found nothing in the knowledge: grouped by what they mean, answered by an owner, and asked again."""
