// Before anything is painted: the theme that was chosen in this browser. Without a choice, the system's.
{
  const theme = localStorage.getItem("plugboard.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
