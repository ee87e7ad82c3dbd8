"""What workers cost: how many events they apply in a second, and the memory that they need."""
