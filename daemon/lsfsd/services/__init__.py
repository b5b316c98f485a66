"""What the supervisor keeps running, a module each."""
