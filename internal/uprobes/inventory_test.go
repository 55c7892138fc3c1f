package uprobes

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var inventoryLine = regexp.MustCompile(`^(\S+) \((\d+)\): (.+)$`)

// recordingFolders are where the recordings' folders are kept here.
var recordingFolders = map[string]string{
	"fetch/*.txt": "../events/testdata/fetch", "fetch_k32/*.txt": "../events/testdata/fetch_k32",
	"uprobe/*.txt":                           "testdata/behaviour",
	"other-kernels/uprobe.qemu-6.1-smp4.txt": "../events/testdata/other-kernels",
	"other-kernels/uprobe.qemu-6.12.txt":     "../events/testdata/other-kernels",
}

// TestInventory: the recordings that the inventory names are here, as many as it says, and so are the tests.
func TestInventory(t *testing.T) {
	data, err := os.ReadFile("testdata/inventory.txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		m := inventoryLine.FindStringSubmatch(strings.TrimSpace(line))
		require.NotNil(t, m, line)
		pattern := filepath.Join("testdata", m[1])
		if dir := recordingFolders[m[1]]; dir != "" {
			pattern = filepath.Join(dir, filepath.Base(m[1]))
		}
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		n, err := strconv.Atoi(m[2])
		require.NoError(t, err)
		require.Len(t, files, n, line)
		for _, test := range strings.Split(m[3], ", ") {
			dir, name, _ := strings.Cut(test, " ")
			require.True(t, hasTest(t, dir, name), "%s: no %s", line, test)
		}
	}
}

// Every case of the recorded programs' lists has its recording.
func TestInventoryOfCases(t *testing.T) {
	for dir, list := range map[string]string{"insn64": "insn64o.list", "insn32": "insn32o.list"} {
		data, err := os.ReadFile("testdata/bin/" + list)
		require.NoError(t, err)
		for line := range strings.Lines(string(data)) {
			require.FileExists(t, filepath.Join("testdata", dir, strings.Fields(line)[1]+".txt"))
		}
	}
}

func hasTest(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	require.NoError(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		if strings.Contains(string(text), "func "+name+"(") {
			return true
		}
	}
	return false
}
