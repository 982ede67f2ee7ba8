//go:build matprofile

package face

import "gocv.io/x/gocv"

// mats is how many Mats there are.
func mats() int { return gocv.MatProfile.Count() }
