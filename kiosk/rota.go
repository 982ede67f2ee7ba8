package kiosk

// Duty is one person's duty at the counter on one day, as the office posts it up (lịch trực). It is public.
type Duty struct {
	Day     Date   `json:"day"`
	From    string `json:"from"` // "07:30"
	To      string `json:"to"`   // "11:30"
	Name    string `json:"name"`
	Role    string `json:"role,omitempty"`    // "Công chức Tư pháp - Hộ tịch"
	Counter string `json:"counter,omitempty"` // "1"
}

// Rota is the office's duty rota. Week gives the duties of the seven days from first on, in order; nil when the office has
// posted none for them.
type Rota interface {
	Week(first Date) []Duty
}
