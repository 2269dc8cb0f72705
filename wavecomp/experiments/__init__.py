"""Questions about compressed gradients that take many runs to answer, each with a figure."""
