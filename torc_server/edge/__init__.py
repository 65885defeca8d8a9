"""The edge to HTTP: addresses, bodies, error responses, client generations, OpenAPI document."""
