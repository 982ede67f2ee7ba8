package daemon

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	sd "github.com/coreos/go-systemd/v22/daemon"

	"motcua/drivers/sim"
	"motcua/kiosk"
	"motcua/kiosk/audit"
	"motcua/kiosk/uplink"
)

// UplinkCommand is the argument that makes kioskd the process with the network.
const UplinkCommand = "uplink"

// openRelay gives the way to the office: through the machine's uplink, or through one started here.
func (d *Daemon) openRelay(intake string) (sim.Dial, error) {
	socket := d.opt.Config.Uplink.Socket
	if socket == "" {
		to, err := uplink.Destination(intake)
		if err != nil {
			return nil, kiosk.Errorf(kiosk.CodeConfigInvalid, "start the uplink", "set intake in office.json", "%w", err)
		}
		if d.relay, err = d.startRelay(to); err != nil {
			return nil, err
		}
		socket = d.relay.socket
	}
	dial := uplink.Dialer{Socket: socket}.DialContext
	if d.opt.Sim == nil {
		return dial, nil
	}
	d.opt.Sim.Network().Through(dial)
	return d.opt.Sim.Network().DialContext, nil
}

// relay is an uplink that runs as a child of this kiosk.
type relay struct {
	socket, dir string
	listener    *net.UnixListener
	end         context.CancelFunc
	done        chan struct{}
}

// again is how long a child that ended is left alone.
const again = time.Second

// startRelay keeps an uplink running that dials one destination. The socket stays the same when the child is replaced.
func (d *Daemon) startRelay(to string) (*relay, error) {
	const op = "start the uplink"
	dir, err := os.MkdirTemp("", "kiosk-uplink-") // a socket's path must be short
	if err != nil {
		return nil, kiosk.Errorf(kiosk.CodeInternal, op, "check that the folder of temporary files can be written", "%w", err)
	}
	r := &relay{dir: dir, socket: filepath.Join(dir, "uplink.sock"), done: make(chan struct{})}
	if r.listener, err = net.ListenUnix("unix", &net.UnixAddr{Name: r.socket}); err != nil {
		return nil, errors.Join(kiosk.Errorf(kiosk.CodeInternal, op, "set TMPDIR to a folder with a short path", "%w", err), os.RemoveAll(dir))
	}
	command := d.opt.Uplink
	if command == nil {
		command = ownProcess(UplinkCommand)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.end = cancel
	go func() {
		defer close(r.done)
		for ctx.Err() == nil {
			begun := time.Now()
			cmd := command()
			cmd.Args = append(cmd.Args, "-child", "-office", to)
			err := r.run(ctx, cmd, func() {
				d.log.Event(ctx, audit.PartReady, audit.Word(audit.KeyPart, UplinkCommand), audit.MS(time.Since(begun)))
			})
			if ctx.Err() != nil {
				return
			}
			d.log.Event(ctx, audit.PartLost, audit.Word(audit.KeyPart, UplinkCommand), audit.Code(kiosk.Errorf(kiosk.CodeInternal, op, "", "%w", err)))
			select {
			case <-time.After(again):
			case <-ctx.Done():
			}
		}
	}()
	return r, nil
}

// run runs one child until it ends or the context does. The child lives as long as its standard input is open, so it ends with this
// process however that ends.
func (r *relay) run(ctx context.Context, cmd *exec.Cmd, started func()) error {
	f, err := r.listener.File()
	if err != nil {
		return err
	}
	defer f.Close()
	cmd.ExtraFiles = []*os.File{f}
	if cmd.Stderr == nil {
		cmd.Stderr = os.Stderr
	}
	life, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	started()
	defer context.AfterFunc(ctx, func() {
		_ = life.Close()
		kill := time.AfterFunc(stopPatience, func() { _ = cmd.Process.Kill() }) // it may have ended
		<-r.done
		kill.Stop()
	})()
	return cmd.Wait()
}

func (r *relay) close() error {
	r.end()
	<-r.done
	return errors.Join(r.listener.Close(), os.RemoveAll(r.dir))
}

// RunUplink is the process with the network, by its arguments. It serves until the context ends, or, as a child of kioskd, until that
// one has ended.
func RunUplink(ctx context.Context, args []string, stderr io.Writer) error {
	fs := flag.NewFlagSet("kioskd "+UplinkCommand, flag.ContinueOnError)
	fs.SetOutput(stderr)
	allow := fs.String("allow", uplink.AllowFile, "`file` of the destinations, HOST:PORT a line")
	name := fs.String("user", "kiosk", "`name` of the user that may ask, beside this process's own and root")
	child := fs.Bool("child", false, "kioskd started this process: the socket is file descriptor 3")
	office := fs.String("office", "", "with -child: the one destination, `HOST:PORT`")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	log := slog.New(slog.NewTextHandler(stderr, nil))
	o := uplink.Options{
		Allow: func() ([]string, error) { return uplink.ReadAllow(*allow) }, Users: []uint32{0, uint32(os.Getuid())},
		Event: func(e uplink.Event) {
			log.Warn("no connection", slog.String("reason", string(e.Reason)), slog.Int64("ms", e.In.Milliseconds()))
		},
	}
	if *child {
		ctx = lifeline(context.WithoutCancel(ctx)) // signals of the terminal are for kioskd
		o.Allow = func() ([]string, error) { return []string{*office}, nil }
		return serveUplink(ctx, o, os.NewFile(childSocket, "socket"))
	}
	asker, err := user.Lookup(*name)
	if err != nil {
		return kiosk.Errorf(kiosk.CodeConfigInvalid, "start the uplink", "make the user (systemd-sysusers), or name another with -user", "%w", err)
	}
	uid, err := strconv.ParseUint(asker.Uid, 10, 32)
	if err != nil {
		return err
	}
	o.Users = append(o.Users, uint32(uid))
	files := activation.Files(true)
	if len(files) != 1 {
		return kiosk.Errorf(kiosk.CodeConfigInvalid, "start the uplink", "start it by kiosk-uplink.socket", "%d sockets were given instead of one", len(files))
	}
	return serveUplink(ctx, o, files[0])
}

// serveUplink serves on an inherited socket.
func serveUplink(ctx context.Context, o uplink.Options, socket *os.File) error {
	l, err := net.FileListener(socket)
	_ = socket.Close() // FileListener has its own copy
	if err != nil {
		return fmt.Errorf("use the uplink's socket: %w", err)
	}
	ul, ok := l.(*net.UnixListener)
	if !ok {
		return errors.Join(errors.New("the uplink's socket is not a Unix socket"), l.Close())
	}
	ul.SetUnlinkOnClose(false) // it belongs to whoever made it
	_, _ = sd.SdNotify(false, sd.SdNotifyReady)
	return uplink.New(o).Serve(ctx, ul)
}

// lifeline ends the context when standard input ends.
func lifeline(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, os.Stdin)
	}()
	return ctx
}

// Dialer gives the way to the office: the uplink's where it runs, else this machine's own.
func Dialer(socket string) func(context.Context, string, string) (net.Conn, error) {
	if s, err := os.Stat(socket); err == nil && s.Mode()&os.ModeSocket != 0 {
		return uplink.Dialer{Socket: socket}.DialContext
	}
	return uplink.Direct
}
