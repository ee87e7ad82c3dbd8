"""The address that vendors deliver to."""

urlpatterns: list = []
