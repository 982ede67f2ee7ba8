package pn532test_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"motcua/drivers/apdu"
	"motcua/drivers/emrtd"
	"motcua/drivers/pn532"
	"motcua/drivers/pn532/pn532test"
	"motcua/drivers/uart"
	"motcua/kiosk"
)

// TestUnplug pulls the adapter in the middle of a read: the read fails with a code, Check says that the reader is missing, and
// the same driver reads again once it is plugged in. The port is named by a link, as udev makes it.
func TestUnplug(t *testing.T) {
	b := newBench(t, setup{host: "hsu"}) // for the card and the reader's trust
	first, err := b.device.ServePTY(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	link := filepath.Join(t.TempDir(), "reader")
	if err := os.Symlink(first.Path, link); err != nil {
		t.Fatal(err)
	}
	port := uart.Later(link)
	defer port.Close()
	driver, err := pn532.NewHSU(port, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer driver.Halt()
	b.driver, b.reader = driver, emrtd.NewReader(driver, emrtd.Options{Trust: b.trust(t), Timeout: 20 * time.Second})
	b.read(t)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, err = b.reader.Read(ctx, b.key(), func(p kiosk.ChipProgress) {
		if p.File == kiosk.FileDG2 {
			first.Unplug()
		}
	})
	if code := kiosk.CodeOf(err); code != kiosk.CodeReaderMissing && code != kiosk.CodeCardLost {
		t.Errorf("unplugged: %v", err)
	}
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if err := driver.Check(ctx); kiosk.CodeOf(err) != kiosk.CodeReaderMissing {
		t.Errorf("check without the adapter: %v", err)
	}
	if _, err := driver.Connect(ctx); !errors.Is(err, apdu.ErrNoReader) {
		t.Errorf("connect without the adapter: %v", err)
	}
	again, err := pn532test.New(pn532test.Options{}) // the board lost its power with the adapter
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	again.Insert(b.chip, pn532test.CardOptions{})
	second, err := again.ServePTY(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	if err := os.Symlink(second.Path, link); err != nil {
		t.Fatal(err)
	}
	b.device = again
	b.reader.Forget()
	b.read(t)
}
