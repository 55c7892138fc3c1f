//go:build js

// Command machine is the machine of the page: it runs in a Web Worker, takes
// requests as messages and posts the answers. See package internal/web/live.
package main

import (
	"syscall/js"

	"trapline/internal/web/live"
)

// version is set when the site is made.
var version = "unknown"

// maxWaiting bounds the requests that wait; the page asks one at a time.
const maxWaiting = 64

func main() {
	post := func(text string) { js.Global().Call("postMessage", text) }
	m := live.New(version, post)
	waiting := make(chan string, maxWaiting)
	js.Global().Set("onmessage", js.FuncOf(func(_ js.Value, args []js.Value) any {
		text := args[0].Get("data").String()
		if text == "stop" {
			m.Stop()
			return nil
		}
		select {
		case waiting <- text:
		default:
			post(`{"id":0,"error":"too many requests wait"}`)
		}
		return nil
	}))
	post(`{"id":0}`)
	for text := range waiting {
		m.Handle(text)
	}
}
