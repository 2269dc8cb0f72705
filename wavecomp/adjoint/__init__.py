"""The reversal machine: it obeys a schedule, and knows no physics."""
