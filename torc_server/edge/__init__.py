"""Between HTTP and the application: addresses, bodies, errors, client generations, the document."""
