package postgres_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/backoffice"
	"motcua/kiosk/onestop"
	"motcua/kiosk/onestop/onestoptest"
	"motcua/kiosk/onestop/postgres"
	"motcua/kiosk/provision"
)

// receiverEnv makes the test binary a receiver: a process of its own, so that it can be killed.
const receiverEnv = "ONESTOP_TEST_RECEIVER"

type receiverConfig struct{ URL, Keys string }

// runReceiver serves the true intake over the database until its standard input ends.
func runReceiver(how string) {
	var c receiverConfig
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "receiver:", err)
			os.Exit(1)
		}
	}
	check(json.Unmarshal([]byte(how), &c))
	keys, err := provision.LoadOfficeKeys(c.Keys)
	check(err)
	store, err := postgres.Open(ctx, c.URL, postgres.Options{Unsafe: true})
	check(err)
	desk, err := onestop.NewDesk(officeOptions(keys, store))
	check(err)
	server, err := onestop.NewServer(onestop.ServerOptions{
		Desk: desk, Intake: "127.0.0.1:0", TLS: keys.Server, Clients: keys.CA.Pool(), Officers: "127.0.0.1:0", Pages: http.NotFoundHandler(),
	})
	check(err)
	check(server.Open(ctx))
	fmt.Println(server.IntakeAddr())
	_, _ = io.Copy(io.Discard, os.Stdin) // until the parent ends it
	check(server.Close())
}

func officeOptions(keys *provision.OfficeKeys, store onestop.Store) onestop.Options {
	return onestop.Options{
		Office: "UBND xã Thử Nghiệm", Store: store, Seal: keys.Seal, Ack: keys.Ack, Number: onestoptest.Numbering, Devices: keys.CA.Pool(),
		Chip: onestoptest.Chip(), Cost: onestoptest.Cheap, Audit: audit.New(slog.DiscardHandler, audit.Options{Chain: audit.NewChain(store, nil)}),
		Now: func() time.Time { return onestoptest.At },
	}
}

// process is a running receiver.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	addr  string
}

func startReceiver(t *testing.T, url, keys string) *process {
	t.Helper()
	how, err := json.Marshal(receiverConfig{url, keys})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run", "^$")
	cmd.Env, cmd.Stderr = append(os.Environ(), receiverEnv+"="+string(how)), os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, stdin: in}
	t.Cleanup(func() {
		_ = p.stdin.Close()
		_ = p.cmd.Wait() // a killed one ended before
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the receiver did not start: %v", err)
	}
	p.addr = line[:len(line)-1]
	return p
}

// Two receivers over one database, one killed without warning in the middle of the load: every dossier that a kiosk was told is
// there is there once, and none is there twice; numbers are given once, and the audit chain holds.
func TestReceiverKilled(t *testing.T) {
	const kiosks, each = 6, 12
	url := database(t)
	own := open(t, url)
	defer own.Close()
	o := onestoptest.New(t, own, nil)
	dir := t.TempDir()
	if err := o.Keys.Save(dir); err != nil {
		t.Fatal(err)
	}
	a := o.Officer(t, "Lê Văn Trưởng", onestop.RoleHead)
	receivers := []*process{startReceiver(t, url, dir), startReceiver(t, url, dir)}
	var acked atomic.Int64
	var kill sync.Once
	results := make(chan map[string][32]byte, kiosks)
	for k := range kiosks {
		cases := make([]onestoptest.Case, each)
		for i := range cases {
			cases[i] = o.NewCase(t, nil)
		}
		clients := []*backoffice.Client{client(t, o, receivers[0].addr), client(t, o, receivers[1].addr)}
		go func() {
			got := map[string][32]byte{}
			for i, c := range cases {
				for try := 0; ; try++ { // as the outbox does: again, until it is acknowledged
					if _, err := clients[(k+i+try)%2].Submit(context.Background(), c.Sealed); err == nil {
						break
					} else if try > 50 {
						results <- nil
						return
					}
				}
				got[c.Sealed.ID] = c.Sealed.SHA256
				if acked.Add(1) == kiosks*each/3 {
					kill.Do(func() { _ = receivers[0].cmd.Process.Kill() })
				}
				if i%3 == 0 { // a kiosk that did not hear the answer sends again
					if _, err := clients[1].Submit(context.Background(), c.Sealed); err != nil {
						results <- nil
						return
					}
				}
			}
			results <- got
		}()
	}
	all := map[string][32]byte{}
	for range kiosks {
		got := <-results
		if len(got) != each {
			t.Fatal("a kiosk could not deliver to the receiver that is left")
		}
		for id, sum := range got {
			all[id] = sum
		}
	}
	check(t, o, a, all, kiosks*each)
}

// check compares what is in the database with what was acknowledged, and accepts everything from two desks at once.
func check(t *testing.T, o *onestoptest.Office, a onestop.Account, all map[string][32]byte, want int) {
	t.Helper()
	counts, err := o.Store.Counts(t.Context())
	if err != nil || counts.Total() != want || len(all) != want {
		t.Errorf("%d dossiers in the database, %d acknowledged, want %d; %v", counts.Total(), len(all), want, err)
	}
	numbers := make(chan string, want)
	for id, sum := range all {
		it, err := o.Store.Item(t.Context(), id)
		if err != nil || it.SHA256 != sum || it.Fault != "" {
			t.Errorf("an acknowledged dossier: %v, fault %q", err, it.Fault)
		}
		if events, err := o.Store.Events(t.Context(), id); err != nil || len(events) != 1 {
			t.Errorf("%d arrivals, %v", len(events), err)
		}
		go func() {
			it, err := o.Desk.Move(context.Background(), a, onestop.MoveRequest{ID: id, From: kiosk.StateRegistered, To: kiosk.StateReceived, Confirmed: true})
			if err != nil {
				it.Number = "failed: " + err.Error()
			}
			numbers <- it.Number
		}()
	}
	seen := map[string]bool{}
	for range want {
		seen[<-numbers] = true
	}
	for i := 1; i <= want; i++ {
		if n := fmt.Sprintf("H00.00-20261121-%07d", i); !seen[n] {
			t.Errorf("%s was not given", n)
		}
	}
	rep, err := audit.Verify(t.Context(), o.Store)
	if err != nil || rep.Broken != 0 || rep.Records < int64(want) {
		t.Errorf("audit chain: %+v, %v", rep, err)
	}
}

func client(t testing.TB, o *onestoptest.Office, addr string) *backoffice.Client {
	t.Helper()
	office := o.Keys.Office("UBND xã Thử Nghiệm", "https://"+addr, "1", "http://localhost/tra-cuu/")
	pool, err := office.Pool()
	if err != nil {
		t.Fatal(err)
	}
	c, err := backoffice.NewClient(backoffice.Options{URL: office.Intake, Roots: pool, Certificate: o.Kiosk.TLS(), AckKey: office.AckKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
