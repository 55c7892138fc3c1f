package linux

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/linux/abi"
)

// TestInotify: what is told of files and directories, and in what order, is what is
// told natively.
func TestInotify(t *testing.T) { inFolders(t, "inotify.c") }

// TestNames: what open files, mappings and working directories are called, and what is told of them, while
// their names are changed and removed, is what it is natively.
func TestNames(t *testing.T) { inFolders(t, "names.c") }

// inFolders runs a program of both widths, natively and in the machine, in folders of their own.
func inFolders(t *testing.T, source string) {
	for _, width := range []string{"-m64", "-m32"} {
		t.Run(width, func(t *testing.T) {
			data := mustRead(t, compile(t, source, "gcc", width, "-w"))
			run := func(how func(t *testing.T, dir string, args []string) outcome) outcome {
				dir := t.TempDir()
				require.NoError(t, os.WriteFile(filepath.Join(dir, "program"), data, 0o755))
				return how(t, dir, []string{"./program"})
			}
			want := run(func(t *testing.T, dir string, args []string) outcome { return nativeHere(t, dir, args) })
			got := run(func(t *testing.T, dir string, args []string) outcome { return runHere(t, dir, args) })
			assert.Empty(t, firstLine(want.stdout, got.stdout))
			assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
		})
	}
}

// TestInotifyOverflow: the last event for which there is room is told; of those that are too many the first is told as
// IN_Q_OVERFLOW, of no watch, and no other.
func TestInotifyOverflow(t *testing.T) {
	n := &notifier{events: make([]watchedEvent, maxEvents-1)}
	k := &Kernel{}
	for number := range 4 {
		k.tell(n, watchedEvent{watch: number + 1, mask: abi.IN_OPEN, name: "a"})
	}
	require.Equal(t, maxEvents+1, len(n.events))
	assert.Equal(t, watchedEvent{watch: 1, mask: abi.IN_OPEN, name: "a"}, n.events[maxEvents-1])
	assert.Equal(t, watchedEvent{watch: -1, mask: abi.IN_Q_OVERFLOW}, n.events[maxEvents])
}
