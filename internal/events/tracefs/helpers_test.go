package tracefs_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"errors"

	"trapline/internal/events"
)

// errnoOf gives the number behind an error of this package.
func errnoOf(err error) events.Errno {
	var errno events.Errno
	errors.As(err, &errno)
	return errno
}

// recordings lists the recorded sessions' files.
func recordings(t *testing.T) []string {
	var files []string
	for _, dir := range []string{"uprobe", "kprobe", "other-kernels"} {
		entries, err := os.ReadDir("../testdata/" + dir)
		require.NoError(t, err)
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".txt") {
				files = append(files, "../testdata/"+dir+"/"+e.Name())
			}
		}
	}
	return files
}
