package traceuprobe

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// eventsData holds the recordings of definitions, which package events judges by themselves.
const eventsData = "../../events/testdata"

// definition is one recorded line with what a kernel answered and what a run of the program left.
type definition struct {
	line, write, enable, status string
	trace                       []string
}

func readDefinitions(t *testing.T, file string) []definition {
	data, err := os.ReadFile(filepath.Join(eventsData, file))
	require.NoError(t, err)
	var l []definition
	for text := range strings.Lines(string(data)) {
		text = strings.TrimSuffix(text, "\n")
		if line, ok := strings.CutPrefix(text, ">>> "); ok {
			l = append(l, definition{line: line})
		}
		if len(l) == 0 {
			continue
		}
		d := &l[len(l)-1]
		switch {
		case strings.HasPrefix(text, "write "):
			d.write = text + "\n"
		case strings.HasPrefix(text, "  enable: "):
			d.enable = strings.TrimPrefix(text, "  enable: ") + "\n"
		case strings.HasPrefix(text, "  run: "):
			d.status = strings.TrimPrefix(text, "  run: ") + "\n"
		case strings.HasPrefix(text, "  trace| "):
			d.trace = append(d.trace, strings.TrimPrefix(text, "  trace| "))
		}
	}
	return l
}

// TestFetch runs the recorded fetch and syntax definitions (E2, E6, E8) on their programs.
func TestFetch(t *testing.T) {
	for _, set := range []struct {
		file, program string
		arch          x86.Arch
	}{
		{"fetch/fa64.txt", "fa64", x86.AMD64},
		{"fetch/fa32.txt", "fa32", x86.AMD64},
		{"fetch_k32/fa32.txt", "fa32", x86.I386},
	} {
		t.Run(set.file, func(t *testing.T) {
			root := guestRootOf(t, filepath.Join(eventsData, "bin", set.program))
			require.NoError(t, os.Mkdir(filepath.Join(root, "dev"), 0o755))
			require.NoError(t, syscall.Mkfifo(filepath.Join(root, "dev", "null"), 0o600)) // no regular file
			exceptions := readExceptions(t)
			l := readDefinitions(t, set.file)
			require.Greater(t, len(l), 250)
			log := ""
			for _, d := range l {
				r := newRig(t, root, set.arch)
				different := d.play(t, r, "/t/"+set.program)
				words := strings.Fields("- " + d.line)
				_, excepted := exceptions[set.file+" "+words[len(words)-1]+" trace"]
				assert.Equal(t, excepted, different != "", "%s\n%s", d.line, different)
				for _, line := range r.log {
					log += line + "\n"
				}
			}
			compareLog(t, set.file, log)
		})
	}
}

// play does what was done with a definition when it was recorded, and gives what differs.
func (d *definition) play(t *testing.T, r *rig, program string) string {
	if d.write == "" { // only opened
		return ""
	}
	got := errnoLine(r.session.Registry().Write(tracefs.UprobeEvents, []byte(d.line+"\n")))
	if got != d.write || got != errnoLine(nil) {
		return differences(got, d.write)
	}
	if d.enable == "" { // a group's name that the recorder did not look up
		return ""
	}
	e := r.session.Registry().Events()[0]
	got = errnoLine(r.session.Registry().SetEvent(e.Group, e.Name, true))
	r.load(t, program)
	got += r.run(t) + r.session.Lines()
	return differences(got, d.enable+d.status+strings.Join(d.trace, "\n"))
}

// address is what differs from boot to boot in the log.
var address = regexp.MustCompile(`inode: 0x\w+|mm: 0x\w+`)

func compareLog(t *testing.T, file, got string) {
	data, err := os.ReadFile("../testdata/" + file + ".dmesg")
	require.NoError(t, err)
	mask := func(s string) string { return address.ReplaceAllString(s, "ADDR") }
	want := otherLog.ReplaceAllString(string(data), "")
	assert.Equal(t, mask(want), mask(got))
}
