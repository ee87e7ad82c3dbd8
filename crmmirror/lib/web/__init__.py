"""What all packages need to know of a request: the client, its body, and answers that skip the middleware."""
