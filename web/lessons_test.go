//go:build chromium

package web_test

import (
	"fmt"
	"testing"

	cdruntime "github.com/chromedp/cdproto/runtime"
	"github.com/stretchr/testify/require"

	"trapline/tui/course"
)

func awaited(p *cdruntime.EvaluateParams) *cdruntime.EvaluateParams { return p.WithAwaitPromise(true) }

// Ten lessons as they look, for whoever looks at them: -look FOLDER.
func TestPictures(t *testing.T) {
	if *look == "" {
		t.Skip("no -look FOLDER")
	}
	lessons, err := course.Lessons()
	require.NoError(t, err)
	b := openTab(t, browser(t))
	for _, i := range []int{1, 2, 5, 9, 11, 15, 19, 24, 26, 30} {
		for _, s := range []struct {
			w, h int64
			dark bool
		}{{1280, 900, false}, {1280, 1500, true}, {768, 1000, false}, {360, 740, false}} {
			b.size(s.w, s.h, s.dark)
			b.open(fmt.Sprintf("#lesson=%s&step=60", lessons[i].Name))
			b.picture(fmt.Sprintf("%02d-%d-%v", i+1, s.w, s.dark))
		}
	}
}
