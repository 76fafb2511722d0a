"""`polarshake init`: a commented application.yaml, from answers or from a nimo-shake.conf."""
