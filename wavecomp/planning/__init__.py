"""What a gradient will cost: costs of this machine, measured once, and predictions of runs that nobody has made."""
