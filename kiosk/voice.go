package kiosk

import "context"

// Voice speaks prompts. Say begins a prompt by its key ("welcome", "place_card", …), cutting off the one before, and returns
// at once; a machine without a sound device says nothing and delays nothing. Silence stops. Prompts never hold personal data.
type Voice interface {
	Say(ctx context.Context, key string)
	Silence()
	Ready() error // nil, or why nothing is heard (unavailable)
}
