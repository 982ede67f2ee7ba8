package kiosk

import "time"

// Receipt is what the citizen leaves with. It names no person: the token is the only way to the dossier.
type Receipt struct {
	Token     string    // shown as XXXXX-XXXXX
	URL       string    // what the QR holds: an address with the token, nothing else
	Procedure string    // title
	Submitted time.Time //
	Office    string    //
	Hotline   string    //
	Return    ReturnMethod
	Papers    int
	Estimated time.Time // when the result may be ready, an estimate before an officer has received it; zero when unknown
}
