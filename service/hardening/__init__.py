"""What stands before every route: whose Host, whose Origin, how often; and what every answer tells a browser.

A request passes the ``Shield`` first and its answer passes it last, so a new route cannot forget any of it.
"""
