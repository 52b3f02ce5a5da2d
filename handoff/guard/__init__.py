"""What everything said to a player is read against before it leaves. Pure: rules in, findings out."""
