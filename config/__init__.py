"""What joins the apps into one site: settings, addresses, the API, the task carrier."""
