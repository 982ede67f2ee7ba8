package onestop

import (
	"motcua/kiosk"
)

// Need says what a move asks of the officer beside the click.
type Need int

// The needs. They are bits.
const (
	NeedNote    Need = 1 // words to the citizen: a reason, or what to supplement
	NeedConfirm Need = 2 // it cannot be undone: a second, explicit yes
)

// Move is one allowed step from a state to another.
type Move struct {
	From, To kiosk.DossierState
	Perm     Permission // who may make it
	Need     Need
	Label    string // the button
}

// Moves is the one table of allowed steps. Everything that is not here is refused.
//
// Two rules stand beside it: the first step into [kiosk.StateReceived] assigns the official number, and a dossier without a
// number goes to no state in which it would be worked on (4, 6, 9, 10): see [Allowed].
var Moves = []Move{
	{1, 2, PermReceive, NeedConfirm, "Tiếp nhận"},
	{1, 5, PermReceive, NeedNote, "Yêu cầu bổ sung"},
	{1, 3, PermReceive, NeedNote | NeedConfirm, "Từ chối tiếp nhận"},
	{1, 7, PermReceive, NeedConfirm, "Ghi nhận công dân rút hồ sơ"},

	{2, 4, PermProcess, 0, "Bắt đầu xử lý"},
	{2, 5, PermProcess, NeedNote, "Yêu cầu bổ sung"},
	{2, 7, PermReceive, NeedConfirm, "Ghi nhận công dân rút hồ sơ"},
	{2, 8, PermProcess, NeedNote | NeedConfirm, "Dừng xử lý"},

	{4, 9, PermProcess, NeedConfirm, "Xử lý xong"},
	{4, 5, PermProcess, NeedNote, "Yêu cầu bổ sung"},
	{4, 6, PermProcess, NeedNote, "Yêu cầu nghĩa vụ tài chính"},
	{4, 7, PermReceive, NeedConfirm, "Ghi nhận công dân rút hồ sơ"},
	{4, 8, PermProcess, NeedNote | NeedConfirm, "Dừng xử lý"},

	{5, 2, PermReceive, NeedConfirm, "Tiếp nhận"},
	{5, 4, PermProcess, 0, "Tiếp tục xử lý"},
	{5, 7, PermReceive, NeedConfirm, "Ghi nhận công dân rút hồ sơ"},
	{5, 8, PermProcess, NeedNote | NeedConfirm, "Dừng xử lý"},

	{6, 4, PermProcess, 0, "Tiếp tục xử lý"},
	{6, 7, PermReceive, NeedConfirm, "Ghi nhận công dân rút hồ sơ"},
	{6, 8, PermProcess, NeedNote | NeedConfirm, "Dừng xử lý"},

	{7, 8, PermProcess, NeedNote | NeedConfirm, "Dừng xử lý"},
	{7, 4, PermProcess, NeedNote, "Công dân nộp lại, tiếp tục xử lý"},

	{9, 10, PermReturn, NeedConfirm, "Trả kết quả"},
	{9, 4, PermCorrect, NeedNote, "Xử lý lại để đính chính"},
}

// FindMove gives the table's row; ok is false when the step is not allowed at all.
func FindMove(from, to kiosk.DossierState) (m Move, ok bool) {
	for _, m := range Moves {
		if m.From == from && m.To == to {
			return m, true
		}
	}
	return Move{}, false
}

// Allowed reports whether a dossier in state from, with that number ("" when none), may go to state to.
func Allowed(from, to kiosk.DossierState, number string) bool {
	if _, ok := FindMove(from, to); !ok {
		return false
	}
	switch to {
	case kiosk.StateProcessing, kiosk.StatePayment, kiosk.StateFinished, kiosk.StateReturned:
		return number != ""
	case kiosk.StateReceived:
		// Back from a supplement a dossier that already has its number goes on being processed; it is not received twice.
		return number == ""
	}
	return true
}

// MovesFor lists the steps that role may make with the item now, in the table's order.
func MovesFor(it Item, role Role) []Move {
	if it.Fault != "" {
		return nil // what cannot be read cannot be decided on
	}
	var out []Move
	for _, m := range Moves {
		if m.From == it.State && Allowed(m.From, m.To, it.Number) && role.May(m.Perm) {
			out = append(out, m)
		}
	}
	return out
}

// Final reports whether no step leads out of the state.
func Final(s kiosk.DossierState) bool {
	for _, m := range Moves {
		if m.From == s {
			return false
		}
	}
	return true
}
