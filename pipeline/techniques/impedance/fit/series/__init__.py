"""All temperatures of a pellet at once: R tied by Arrhenius, C and n shared, the tie tested."""
