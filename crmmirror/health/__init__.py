"""How the mirror is: for balancers, for whoever is called at night, and for Prometheus."""
