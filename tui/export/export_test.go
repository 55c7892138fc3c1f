package export

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/scenarios"
	"trapline/tui/walk"
)

func open(t *testing.T, name string) *walk.Walk {
	t.Helper()
	f, err := scenarios.Load(name)
	require.NoError(t, err)
	w, err := walk.Open(t.Context(), f, walk.Options{Record: walk.DefaultRecord})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

func exported(t *testing.T, scenario, ext string) []byte {
	t.Helper()
	data, err := Export(t.Context(), open(t, scenario), "x"+ext)
	require.NoError(t, err)
	return data
}

func TestThePageNeedsNoNetwork(t *testing.T) {
	page := string(exported(t, "first-probe", ".html"))
	require.NotRegexp(t, `(?i)(src|href)\s*=`, page)
	for _, u := range regexp.MustCompile(`https?://[^"'\s]*`).FindAllString(page, -1) {
		require.Equal(t, "http://www.w3.org/2000/svg", u, "a name, not an address")
	}
	require.Contains(t, page, `default-src 'none'`)
}

func TestTheTimelineIsWellFormedXML(t *testing.T) {
	svg := exported(t, "smp-missed-probe", ".svg")
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	require.Contains(t, string(svg), "cpu1")
	require.Contains(t, string(svg), "●")
}

func TestTheTextIsTheStory(t *testing.T) {
	text := string(exported(t, "first-probe", ".txt"))
	require.Contains(t, text, "TRAP 3 #BP breakpoint")
	require.Contains(t, text, "[regs->eip] 0xc040000c -> 0xc040000b target", "saved registers by name")
	require.Contains(t, text, "End after")
}

func TestTheCastIsAsciicast(t *testing.T) {
	d := json.NewDecoder(bytes.NewReader(exported(t, "first-probe", ".cast")))
	var h castHeader
	require.NoError(t, d.Decode(&h))
	require.Equal(t, castHeader{2, castWidth, castHeight, h.Title}, h)
	last := -1.0
	for d.More() {
		var ev []any
		require.NoError(t, d.Decode(&ev))
		require.Len(t, ev, 3)
		at := ev[0].(float64)
		require.Greater(t, at, last)
		require.Equal(t, "o", ev[1])
		last = at
	}
	require.Greater(t, last, 10.0)
}

func TestUnknownEndings(t *testing.T) {
	_, err := Export(t.Context(), open(t, "first-probe"), "x.pdf")
	require.ErrorContains(t, err, ".html .svg .txt .cast")
}

// probe drives the page as a reader does, by keys, buttons and the timeline,
// and leaves what it saw in the title.
const probe = `<script>
const seen = [], note = () => seen.push(D.moments[at].at + ":" + document.querySelectorAll(".state.lit").length + ":" + document.querySelector("#why b").textContent);
const key = k => dispatchEvent(new KeyboardEvent("keydown", { key: k }));
note(); key("ArrowRight"); key("ArrowRight"); key("ArrowRight"); note(); key("ArrowLeft"); note();
$("hit").click(); note(); $("trap").click(); note(); key("T"); note(); $("last").click(); note(); seen.push(String($("step").disabled)); $("first").click(); note();
const box = document.querySelector("#timeline svg").getBoundingClientRect();
document.querySelector("#timeline svg").dispatchEvent(new PointerEvent("pointerdown", { clientX: box.left + box.width * .95, clientY: box.top + 5 })); note();
$("first").click(); $("trap").click(); seen.push([...document.querySelectorAll("#memory .chg")].map(e => e.textContent).join(" "), document.querySelectorAll("#legend > span").length + "", $("traced").hidden + "");
document.body.innerHTML = "<pre id=result></pre>"; document.getElementById("result").textContent = JSON.stringify(seen);
</script>`

func TestThePageInChromium(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed: the page is not driven (apt package chromium)")
	}
	file := filepath.Join(t.TempDir(), "page.html")
	page := strings.Replace(string(exported(t, "first-probe", ".html")), "</html>", probe+"</html>", 1)
	require.NoError(t, os.WriteFile(file, []byte(page), 0o644))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--dump-dom", "file://"+file)
	dom, err := cmd.Output()
	require.NoError(t, err)
	m := regexp.MustCompile(`<pre id="result">(.*?)</pre>`).FindSubmatch(dom)
	require.NotNil(t, m, "%s", dom)
	var seen []string
	require.NoError(t, json.Unmarshal(m[1], &seen))
	require.Len(t, seen, 13)
	require.Equal(t, "0:1:Press → to step, ← to go back.", seen[0])
	require.Equal(t, "3:1:TRAP 3 #BP breakpoint at target → int3", seen[1])
	require.Equal(t, "2:1:main+0x5  call target", seen[2])
	require.Contains(t, seen[3], "kprobe_handler:")
	require.Contains(t, seen[4], "TRAP 1 #DB debug")
	require.Equal(t, seen[1], seen[5])
	require.Contains(t, seen[6], "task_exit")
	require.Equal(t, "true", seen[7], "no step behind the end")
	require.Equal(t, seen[0], seen[8])
	require.Contains(t, seen[9], ":1:", "scrubbed")
	require.NotEqual(t, seen[0], seen[9])
	require.Contains(t, seen[10], "0c 00 40 c0", "the frame's eip in memory, changed by the trap")
	require.Equal(t, "7", seen[11], "a legend of the glyphs that this run has")
	require.Equal(t, "true", seen[12], "no trace where there are no events")
}

// Every kind of export of a Linux program: its processes and slots are in the
// page, its marks in the timeline, its slots in the story.
func TestExportsOfAProgram(t *testing.T) {
	page := exported(t, "cow-two-processes", ".html")
	m := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindSubmatch(page)
	require.NotNil(t, m)
	var d pageData
	require.NoError(t, json.Unmarshal(m[1], &d))
	require.NotEmpty(t, d.States)
	most := 0
	for _, x := range d.Moments {
		require.Empty(t, x.Gates)
		most = max(most, len(x.Program.Processes))
	}
	require.Equal(t, 2, most)
	require.Contains(t, string(exported(t, "cow-two-processes", ".svg")), "</tspan> switch")
	require.Contains(t, string(exported(t, "xol-slot", ".txt")), "xol_slot1")
	require.Contains(t, string(exported(t, "xol-slot", ".cast")), "copy of add")
}
