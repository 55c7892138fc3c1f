package linux

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestProcNet: the files of /proc/net that list sockets say the same of a program's as natively, in the same format. Where they
// stand in a list, pointers, and what depends on how long packets take are left out.
func TestProcNet(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "program"), mustRead(t, compile(t, "procnet.c", "gcc")), 0o755))
	want := nativeInItsNetwork(t, dir, []string{"./program"})
	require.NoError(t, os.Remove(filepath.Join(dir, "a name")))
	require.NoError(t, os.Remove(filepath.Join(dir, "other")))
	got := runHere(t, dir, []string{"./program"})
	assert.Equal(t, socketLists(want.stdout), socketLists(got.stdout))
	assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
}

// socketLists is what procnet.c prints without what differs between runs, and with the names of ports and inodes.
func socketLists(out string) string {
	numbers := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^= (\S+) (.*)$`).FindAllStringSubmatch(out, -1) {
		numbers[m[1]+strings.Fields(m[2])[0]] = "<" + m[2] + ">" // a port and an inode may have one number
	}
	var lists []string
	for section := range strings.SplitSeq(regexp.MustCompile(`(?m)^= .*\n`).ReplaceAllString(out, ""), ": 1\n") {
		lines := strings.Split(section, "\n")
		others := func(l string) bool { // of the network, where the program has none of its own
			return !ownNetworks() && (strings.HasPrefix(l, "N: ") || strings.HasPrefix(l, "P: ")) && !strings.Contains(l, "<") && !strings.HasSuffix(l, " a name")
		}
		for i, l := range lines {
			if width := len(l); l != strings.TrimRight(l, " ") {
				l = fmt.Sprint(strings.TrimRight(l, " "), " filled to ", width)
			}
			for _, r := range [][2]string{
				{`^[0-9a-f]{16}: `, "P: "}, {`^ *\d+: `, "N: "}, {` 03:[0-9A-F]{8}`, " 03:T"}, {` \d+ [0-9a-f]{16} \d+ \d+ \d+ \d+ -?\d+`, " references P rto ato delayed window threshold"},
				{`\b[0-9a-f]{16}\b`, "P"},
			} {
				l = regexp.MustCompile(r[0]).ReplaceAllString(l, r[1])
			}
			l = regexp.MustCompile(`^(N: (?:\S+ ){6} *\d+ +\d+ |P:(?: \S+){5} )( *\d+)`).ReplaceAllStringFunc(l, func(p string) string {
				at := strings.LastIndex(strings.TrimRight(p, "0123456789"), " ") + 1
				if name := numbers[p[at:]+"inode"]; name != "" {
					return strings.TrimRight(p[:at], " ") + " " + name
				}
				return p
			})
			l = regexp.MustCompile(`:[0-9A-F]{4} `).ReplaceAllStringFunc(l, func(p string) string {
				if name := numbers[p[1:5]+"port"]; name != "" {
					return ":" + name + " "
				}
				return p
			})
			lines[i] = l
		}
		lines = slices.DeleteFunc(lines, others)
		slices.Sort(lines)
		lists = append(lists, strings.Join(lines, "\n"))
	}
	return strings.Join(lists, "\n")
}
