"""What an owner should look at in a base: what is old, said twice, said differently, never used, or could not be learned."""
