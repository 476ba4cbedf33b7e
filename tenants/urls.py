"""Signing in and out at an organization's door."""

from django.urls import path

from tenants import doors

app_name = "doors"
urlpatterns = [
    path("sign-in/", doors.sign_in, name="sign-in"),
    path("sign-in/finish", doors.finish, name="finish"),
    path("sign-out/", doors.sign_out, name="sign-out"),
]
