"""What a user may ask for of the runs of this machine: clear what has ended, stop what runs."""
