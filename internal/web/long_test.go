//go:build chromium

package web_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"trapline/internal/web/live"
)

// endless is a scenario of 90 million steps, without the text of its source and that one's sum.
const endless = `A long run

-- machine --
cpus 1
steps 90000000
time 1h
-- text.S --
%s-- text.lst --
trapline-listing 1
arch i386
base 0xc0400000
entry 0xc0400000
source sha256:%x

.text r-x 0xc0400000 file+0x1000
c0400000 <main> func global
c0400000  40                       1  incl %%eax
c0400001  ebfd                     2  jmp main
-- tasks --
cpu 0 at main
`

const source = "main:\tincl %eax\n\tjmp main\n"

// aLongTime is longer than any move may take elsewhere.
const aLongTime = 11 * time.Second

// A long move shows how far it is and about how long it takes, goes on until it is stopped,
// by the button or by Escape, and stays where it came to.
func TestLongMoves(t *testing.T) {
	b := openTab(t, browser(t))
	b.open("")
	b.ask(live.Request{Do: "open", File: fmt.Sprintf(endless, source, sha256.Sum256([]byte(source)))})
	at := func() float64 { return b.number("Number(document.body.dataset.at)") }
	for i, stop := range []string{"document.getElementById('stop').click()", "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true}))"} {
		before := at()
		b.js("void trapline.move({do: 'goto', at: 80000000})", nil)
		time.Sleep(3 * time.Second)
		require.Regexp(t, `^step [0-9,]+ of 80,000,000, \d+ s left$`, b.text("#progress"))
		b.run(chromedp.WaitVisible("#stop", chromedp.ByQuery))
		if i == 0 {
			time.Sleep(aLongTime)
			require.NotEmpty(t, b.text("#progress"), "nothing gives it up")
		}
		b.js(stop+"; trapline.idle()", nil)
		require.Greater(t, at(), before+1000)
		require.Less(t, at(), 8e7)
		require.Contains(t, b.text("#why"), "stopped at step")
		require.Empty(t, b.text("#progress"))
	}
}
