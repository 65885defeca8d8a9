"""What browsers send to servers on this machine, and for whose pages they send it. Pure."""
