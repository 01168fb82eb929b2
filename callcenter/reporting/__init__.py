"""Reading only: the supervisor's wall, figures, exports."""
