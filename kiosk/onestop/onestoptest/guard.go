package onestoptest

import (
	"fmt"
	"strings"
	"testing"

	"motcua/kiosk"
	"motcua/kiosk/onestop"
)

// TestOnlyAdded checks that the database itself refuses to change or delete what may only be added to. exec runs a statement on
// the store's database.
func TestOnlyAdded(t *testing.T, s onestop.Store, exec func(query string) error) {
	it := insert(t, s)
	a := officer(t, s, "lan")
	if _, err := s.Move(t.Context(), step(it.ID, 1, 2, a)); err != nil {
		t.Fatal(err)
	}
	who := onestop.Person{ID: a.ID, Name: a.Name}
	if _, err := s.HandOver(t.Context(), onestop.Handover{Dossier: it.ID, At: At, From: who, To: who}); err != nil {
		t.Fatal(err)
	}
	if err := s.AppendAudit(t.Context(), kiosk.AuditRecord{Seq: 1, At: At, Event: "x", Fields: "{}"}); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		"UPDATE event SET note = 'khác'", "DELETE FROM event", "UPDATE audit SET event = 'y'", "DELETE FROM audit",
		"UPDATE envelope SET body = ''", "DELETE FROM envelope", "DELETE FROM dossier", "UPDATE dossier SET number = 'X-1'",
		"UPDATE dossier SET number = NULL", "UPDATE dossier SET id = '" + UUID() + "'", "DELETE FROM account",
		"UPDATE dossier SET state = 11", "UPDATE dossier SET verdict = 'perhaps'", "UPDATE account SET role = 'mayor'",
		"UPDATE dossier SET evidence = NULL", "UPDATE dossier SET channel = 'pigeon'", "DELETE FROM letter", "DELETE FROM handover",
		"INSERT INTO ecopy (dossier, paper, sha256, pages, fee, compared, compared_name, signed, signed_name) SELECT id, 1, sha256, 1, 0, 0, '', 1, '' FROM dossier",
	} {
		if err := exec(q); err == nil {
			t.Errorf("%s was done", q)
		}
	}
}

// TestChecks walks the closed lists of package onestop. allows says why the CHECK of a column does not list the value.
func TestChecks(t *testing.T, allows func(table, column, value string) error) {
	want := map[[2]string][]string{{"account", "role"}: nil, {"event", "kind"}: nil, {"dossier", "verdict"}: {"verified", "refused", "undetermined"}}
	for _, r := range onestop.Roles {
		want[[2]string{"account", "role"}] = append(want[[2]string{"account", "role"}], string(r))
	}
	for _, k := range onestop.EventKinds {
		want[[2]string{"event", "kind"}] = append(want[[2]string{"event", "kind"}], string(k))
	}
	for table, list := range map[[2]string]any{
		{"letter", "kind"}: onestop.LetterKinds, {"letter", "status"}: onestop.LetterStatuses, {"alert", "kind"}: onestop.AlertKinds,
		{"result", "signature"}: onestop.SignatureStatuses, {"ticket", "status"}: onestop.TicketStatuses,
	} {
		want[table] = strings.Fields(strings.Trim(fmt.Sprint(list), "[]"))
	}
	for at, list := range want {
		for _, v := range list {
			if err := allows(at[0], at[1], v); err != nil {
				t.Errorf("%s.%s, %s: %v", at[0], at[1], v, err)
			}
		}
	}
}
