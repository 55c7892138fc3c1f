package places_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/emu/insn"
	"trapline/internal/loader"
	"trapline/internal/uprobes/places"
)

// program is a static program with a C library, whose symbols say what must be found without them.
func program(t *testing.T, width string) *loader.Image {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc")
	}
	out := filepath.Join(t.TempDir(), "program")
	args := []string{width, "-O1", "-static", "-o", out, filepath.Join("..", "..", "linux", "testdata", "everything.c"), "-lm", "-lpthread"}
	text, err := exec.Command("gcc", args...).CombinedOutput()
	require.NoError(t, err, "%s", text)
	data, err := os.ReadFile(out)
	require.NoError(t, err)
	image, err := loader.ReadELF(data, loader.Options{})
	require.NoError(t, err)
	return image
}

var widths = []string{"-m64", "-m32"}

// Nearly every entry has a symbol: the rest are jumps of the procedure linkage table and call-and-pop idioms.
func TestEntriesAreFunctions(t *testing.T) {
	for _, width := range widths {
		image := program(t, width)
		found := places.Read(image).Entries()
		named := map[uint64]bool{}
		for s := range image.Symbols.All() {
			named[s.Addr] = true
		}
		known := 0
		for _, e := range found {
			if named[e] {
				known++
			}
		}
		t.Logf("%s: %d entries, %d with symbols", width, len(found), known)
		assert.Greater(t, known, 500)
		assert.Greater(t, float64(known), 0.95*float64(len(found)))
	}
}

// A body reaches to where its symbol ends, or beyond: behind a call that does not return the next function is taken
// for the rest of this one. Code that only a jump table leads to may be missing at its end.
func TestBodyIsTheFunction(t *testing.T) {
	for _, width := range widths {
		image := program(t, width)
		p := places.Read(image)
		whole, all := 0, 0
		for _, e := range p.Entries() {
			s, offset, ok := image.Symbols.At(e)
			if !ok || offset != 0 || s.Kind != loader.Function || s.Size == 0 {
				continue
			}
			all++
			body := p.Body(e)
			require.Equal(t, e, body[0])
			if body[len(body)-1]+insn.MaxLen >= s.Addr+s.Size {
				whole++
			}
		}
		t.Logf("%s: %d of %d functions whole", width, whole, all)
		assert.Greater(t, float64(whole), 0.9*float64(all))
	}
}

func TestTouchesReturnAddress(t *testing.T) {
	for width, touching := range map[string][]string{
		"-m64": {"__sigsetjmp", "_setjmp"},
		"-m32": {"__sigsetjmp", "__x86.get_pc_thunk.bx", "__x86.get_pc_thunk.ax"},
	} {
		image := program(t, width)
		p := places.Read(image)
		for _, name := range touching {
			s, ok := image.Symbols.Lookup(name)
			require.True(t, ok, name)
			assert.True(t, p.TouchesReturnAddress(s.Addr), "%s %s", width, name)
		}
		for _, name := range []string{"main", "malloc", "free", "memcpy", "printf", "siglongjmp", "qsort"} {
			s, ok := image.Symbols.Lookup(name)
			require.True(t, ok, name)
			assert.False(t, p.TouchesReturnAddress(s.Addr), "%s %s", width, name)
		}
		n := 0
		for _, e := range p.Entries() {
			if p.TouchesReturnAddress(e) {
				n++
			}
		}
		assert.Less(t, n, len(p.Entries())/25, "few functions do")
	}
}
