package uprobes

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// runningKernel is the tracefs of the kernel that runs the benchmark, in which an instance of its own takes the trace.
type runningKernel struct{ tracefs, instance string }

// openTracefs mounts tracefs for the benchmark; nil, with the reason in the log, where that cannot be done.
func openTracefs(b *testing.B) *runningKernel {
	dir := b.TempDir()
	if err := unix.Mount("tracefs", dir, "tracefs", 0, ""); err != nil {
		b.Logf("without the running kernel's uprobes: mount tracefs: %v", err)
		return nil
	}
	b.Cleanup(func() { require.NoError(b, unix.Unmount(dir, 0)) })
	if _, err := os.Stat(filepath.Join(dir, "uprobe_events")); err != nil {
		b.Logf("without the running kernel's uprobes: %v", err)
		return nil
	}
	k := &runningKernel{dir, filepath.Join(dir, "instances", fmt.Sprintf("trapline-bench-%d", os.Getpid()))}
	if err := os.Mkdir(k.instance, 0o755); err != nil {
		b.Logf("without the running kernel's uprobes: %v", err)
		return nil
	}
	b.Cleanup(func() { require.NoError(b, os.Remove(k.instance)) })
	return k
}

// write appends to a control file.
func (k *runningKernel) write(b *testing.B, file, text string) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	require.NoError(b, err)
	_, err = f.WriteString(text)
	require.NoError(b, err, "%q to %s", text, file)
	require.NoError(b, f.Close())
}

// perHit is the time of a hit, in nanoseconds, less that of the program without a probe; 0 without tracefs.
func (k *runningKernel) perHit(b *testing.B, p *benchProgram, symbol string) float64 {
	if k == nil {
		return 0
	}
	kind := "p"
	if strings.HasSuffix(symbol, "return") {
		kind = "r"
	}
	event := fmt.Sprintf("trapline%d/%s", os.Getpid(), symbol)
	k.write(b, filepath.Join(k.tracefs, "uprobe_events"), fmt.Sprintf("%s:%s %s:%#x\n", kind, event, p.path, p.place(b, symbol).Offset))
	defer k.write(b, filepath.Join(k.tracefs, "uprobe_events"), "-:"+event+"\n")
	enable := filepath.Join(k.instance, "events", event, "enable")
	k.write(b, enable, "1")
	defer k.write(b, enable, "0")
	const turns = 50_000
	return perHit(turns, func(turns int) time.Duration { return p.native(b, turns) })
}
