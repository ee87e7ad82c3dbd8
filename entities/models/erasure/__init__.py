"""The tables of erasures: the acts, and the marks by which erased persons are known without their values."""
