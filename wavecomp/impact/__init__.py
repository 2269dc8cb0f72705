"""What a way of keeping the forward wavefield costs, and what it does to the gradient: cases, processes, records."""
