package ui

import "embed"

//go:embed static
var staticFS embed.FS

//go:embed templates/*.html
var templateFS embed.FS

//go:embed texts/*.json
var textFS embed.FS

// Static holds the fonts and scripts under "static/", for the other pages of this project to share.
var Static = staticFS
