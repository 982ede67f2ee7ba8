package kiosk

import (
	"context"
	"fmt"
	"time"
)

// Service is what a queue number is drawn for; its text is the letter before the number.
type Service string

// The services of a one-stop counter.
const (
	ServiceFile     Service = "A" // hand a dossier in
	ServiceResult   Service = "B" // pick a result up
	ServiceAsk      Service = "C" // ask for guidance
	ServicePriority Service = "D" // elderly, disabled, pregnant, with a small child (Law 39/2009/QH12, Law 51/2010/QH12)
)

// Services is the closed list, in order.
var Services = []Service{ServiceFile, ServiceResult, ServiceAsk, ServicePriority}

// Ticket is a queue number. It names nobody.
type Ticket struct {
	Service Service
	Number  int // 1, 2, 3, … of that service on that day
	At      time.Time
}

// String gives the letter and at least two digits: "B07".
func (t Ticket) String() string { return fmt.Sprintf("%s%02d", string(t.Service), t.Number) }

// Slip is a queue number on paper.
type Slip struct {
	Ticket  Ticket
	Service string // what it is drawn for, in words
	Office  string
	Hotline string
}

// Queue gives out queue numbers. Draw returns when the number is durable: it is never given out twice on one day, not even
// after a power cut. Errors: bad_input (no such service), store_full, store_corrupt.
type Queue interface {
	Draw(ctx context.Context, s Service) (Ticket, error)
}
