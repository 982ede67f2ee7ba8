package bsi

import "motcua/kiosk"

// DG15 holds the key of active authentication.
func init() { registerFrame("LDS_I", 1, kiosk.FileDG15, 0x70) }
