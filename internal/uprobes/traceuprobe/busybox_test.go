package traceuprobe

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/linux"
	"trapline/internal/loader"
	"trapline/internal/rigs/linuxtest"
	"trapline/internal/uprobes/places"
)

// hot is larger for `make busybox-probes`.
var hot = flag.Int("hot", 1, "how many of busybox's hottest functions get a probe at every instruction")

// fewest is how many functions must be hit, and return, in a run of all the programs.
const fewest = 200

// boxRig is busybox with events on it, which stay from program to program.
type boxRig struct {
	*rig
	box     *linuxtest.Box
	program *places.Program
	image   *loader.Image
	native  []linuxtest.Outcome         // of the box's programs, in order
	fresh   []string                    // events that are not yet enabled
	seen    map[*events.Definition]bool // probes with an entry in the trace of some program
}

func newBoxRig(t *testing.T, dpkgArch string) *boxRig {
	box := linuxtest.NewBox(t, dpkgArch)
	data, err := os.ReadFile(box.Path)
	require.NoError(t, err)
	image, err := loader.ReadELF(data, loader.Options{})
	require.NoError(t, err)
	b := &boxRig{box: box, image: image, program: places.Read(image)}
	b.reset(t)
	return b
}

// reset takes all events away. The programs see the host's files, as natively.
func (b *boxRig) reset(t *testing.T) {
	b.rig, b.fresh, b.seen = newRig(t, "/", b.image.Arch), nil, map[*events.Definition]bool{}
}

// define adds an event of a kind, p or r, at an address.
func (b *boxRig) define(t *testing.T, kind string, addr uint64) {
	offset, ok := b.image.OffsetOfAddr(addr)
	require.True(t, ok)
	name := fmt.Sprintf("%s%x", kind, addr)
	line := fmt.Sprintf("%s:box/%s %s:%#x\n", kind, name, b.box.Path, offset)
	require.NoError(t, b.session.Registry().Write(tracefs.UprobeEvents, []byte(line)))
	b.fresh = append(b.fresh, name)
}

// play runs a program. Events are enabled with the first one mapped; an instruction that uprobes do not take stays
// without a probe (U16).
func (b *boxRig) play(t *testing.T, args []string) linuxtest.Outcome {
	var stdout, stderr bytes.Buffer
	k, err := linux.New(linux.Config{
		Path: args[0], Args: args, Env: b.box.Env(), Dir: b.box.Dir, FS: b.fs, Hooks: b.system,
		Stdin: strings.NewReader(linuxtest.Stdin), Stdout: &stdout, Stderr: &stderr,
	})
	require.NoError(t, err)
	defer k.Close()
	b.session.Attach(k)
	for _, name := range b.fresh {
		err := b.session.Registry().SetEvent("box", name, true)
		require.True(t, err == nil || errors.Is(err, events.ENOTSUPP), "%s: %v", name, err)
	}
	b.fresh, b.log = nil, nil
	res, err := k.Run(context.Background())
	require.NoError(t, err)
	require.Equal(t, linux.NoBound, res.Bound)
	b.session.Attach(nil)
	for _, e := range b.session.Entries() {
		b.seen[e.Record.Program.Definition()] = true
	}
	b.session.Array().Clear()
	return linuxtest.Outcome{Stdout: stdout.String(), Stderr: stderr.String(), Code: res.Code, Signal: res.Signal}
}

// compare runs every program of the box natively and under the events.
func (b *boxRig) compare(t *testing.T) {
	for i, args := range b.box.Programs() {
		if i == len(b.native) {
			b.native = append(b.native, b.box.Native(t, args))
		}
		assert.Equal(t, b.native[i], b.play(t, args), "%v", args[1:])
	}
	assert.Empty(t, b.log)
}

// hottest are the n probed functions with the most hits, of those that do more than to jump elsewhere.
func (b *boxRig) hottest(n int) []uint64 {
	const shortest = 20 // instructions
	hits := map[uint64]uint64{}
	for _, p := range b.session.Registry().Probes() {
		addr, _ := b.image.AddrOfOffset(p.FileOffset)
		if len(b.program.Body(addr)) >= shortest {
			hits[addr] += b.session.Counts(p).Hits
		}
	}
	l := slices.Collect(maps.Keys(hits))
	slices.SortFunc(l, func(x, y uint64) int { return cmp.Or(cmp.Compare(hits[y], hits[x]), cmp.Compare(x, y)) })
	return l[:n]
}

// TestBusybox: busybox, stripped as Debian has it, does the same under probes as natively: with uprobes and
// uretprobes on its functions, and with a uprobe at every instruction of the hottest of them (U6-U9, U13).
func TestBusybox(t *testing.T) {
	for _, arch := range []string{"amd64", "i386"} {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			b := newBoxRig(t, arch)
			t.Run("functions", func(t *testing.T) { b.testFunctions(t) })
			for _, addr := range b.hottest(*hot) {
				t.Run(fmt.Sprintf("instructions/%x", addr), func(t *testing.T) { b.testInstructions(t, addr) })
			}
		})
	}
}

func (b *boxRig) testFunctions(t *testing.T) {
	touching := 0
	for _, e := range b.program.Entries() {
		b.define(t, "p", e)
		if b.program.TouchesReturnAddress(e) {
			touching++ // a return probe would change the program, on a real kernel too
		} else {
			b.define(t, "r", e)
		}
	}
	b.compare(t)
	hit, returned := 0, 0
	for p := range b.seen {
		if p.Return {
			returned++
		} else {
			hit++
		}
	}
	t.Logf("%d functions probed, %d without return probe; hit %d, returned %d", len(b.program.Entries()), touching, hit, returned)
	assert.GreaterOrEqual(t, hit, fewest)
	assert.GreaterOrEqual(t, returned, fewest)
}

func (b *boxRig) testInstructions(t *testing.T, entry uint64) {
	b.reset(t)
	body := b.program.Body(entry)
	for _, addr := range body {
		b.define(t, "p", addr)
	}
	b.compare(t)
	t.Logf("%d instructions probed, %d hit", len(body), len(b.seen))
	assert.NotEmpty(t, b.seen)
}
