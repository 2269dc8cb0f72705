"""What a gradient will cost: prices of this machine, measured once, predictions of runs that nobody has made, and plans."""
