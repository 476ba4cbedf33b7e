"""The platform's end of the hand-over."""

from django.urls import path

from tenants import doors

app_name = "doors"
urlpatterns = [path("doors/<slug:slug>/", doors.hand_over, name="hand-over")]
