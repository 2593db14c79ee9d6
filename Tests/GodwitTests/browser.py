"""A person at a browser: Chromium without a screen, by its DevTools protocol.

    browser.py [--size WIDTHxHEIGHT] [--dark] [--folder DIR] URL <SCRIPT

opens URL, and runs SCRIPT, which is Python with `page`. What it looks for has 100 seconds to come. Keys and clicks are those
of a keyboard and a mouse: what is covered or disabled is not clicked. All that the browser has complained of is in
`page.complaints`.
"""
import argparse
import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time

PATIENCE = 100


class Failed(Exception):
    pass


class Browser:
    def __init__(self, size):
        program = shutil.which('chromium-headless-shell') or shutil.which('chromium')
        if not program:
            raise Failed('there is no Chromium: Scripts/browser')
        self.folder = tempfile.mkdtemp()
        commands, self.output = os.pipe()
        self.input, answers = os.pipe()
        # Its commands come over descriptor 3 and its answers go over 4, whatever they are here.
        self.process = subprocess.Popen(
            ['/bin/bash', '-c', f'exec 8<&{commands} 9>&{answers}; exec "$@" 3<&8 4>&9 8<&- 9>&-', 'bash', program,
             '--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe', '--no-first-run',
             '--disable-background-networking', '--disable-dev-shm-usage',
             f'--user-data-dir={self.folder}', f'--window-size={size[0]},{size[1]}', 'about:blank'],
            pass_fds=(commands, answers), stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.received = b''
        self.number = 0
        self.answers = {}
        self.events = []

    def tell(self, method, session=None, **parameters):
        self.number += 1
        message = {'id': self.number, 'method': method, 'params': parameters}
        if session:
            message['sessionId'] = session
        os.write(self.output, json.dumps(message).encode() + b'\0')
        end = time.monotonic() + PATIENCE
        while self.number not in self.answers:
            self.listen(end - time.monotonic())
        answer = self.answers.pop(self.number)
        if 'error' in answer:
            raise Failed(f'{method}: {answer["error"]["message"]}')
        return answer['result']

    def listen(self, seconds):
        if not select.select([self.input], [], [], max(0, seconds))[0]:
            raise Failed('the browser does not answer')
        piece = os.read(self.input, 1 << 20)
        if not piece:
            raise Failed('the browser has ended')
        *messages, self.received = (self.received + piece).split(b'\0')
        for message in map(json.loads, messages):
            if 'id' in message:
                self.answers[message['id']] = message
            else:
                self.events.append(message)

    def end(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Page:
    def __init__(self, browser, target, folder):
        self.browser, self.folder = browser, folder
        self.session = browser.tell('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Log', 'Network'):
            self.tell(domain + '.enable')

    def tell(self, method, **parameters):
        return self.browser.tell(method, self.session, **parameters)

    def open(self, url):
        self.tell('Page.navigate', url=url)
        self.wait('document.readyState === "complete"')

    def value(self, expression):
        result = self.tell('Runtime.evaluate', expression=expression, returnByValue=True, awaitPromise=True)
        if 'exceptionDetails' in result:
            raise Failed(result['exceptionDetails'].get('exception', {}).get('description', expression))
        return result['result'].get('value')

    def wait(self, expression, patience=PATIENCE):
        end = time.monotonic() + patience
        while True:
            try:
                value = self.value(expression)
            except Failed as error:
                value = None
                last = error
            else:
                last = value
            # An element is an object without anything.
            if value or value == {}:
                return value
            if time.monotonic() > end:
                raise Failed(f'{expression} is {last!r}; the page: {self.value("document.body.innerText")!r}')
            time.sleep(0.05)

    def text(self, selector):
        return self.value(f'document.querySelector({json.dumps(selector)})?.innerText')

    def place(self, selector, text=None):
        """The middle of what matches and can be clicked, once there is one."""
        return self.wait(f'''(() => {{
            const text = {json.dumps(text)};
            const element = [...document.querySelectorAll({json.dumps(selector)})]
                .find((element) => text === null || element.innerText.trim() === text);
            if (!element || element.disabled) return null;
            element.scrollIntoView({{block: "center"}});
            const box = element.getBoundingClientRect();
            const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
            const top = document.elementFromPoint(x, y);
            return element.contains(top) || top?.contains(element) ? [x, y] : null;
        }})()''')

    def click(self, selector, text=None):
        place = None
        # A page that has just come still moves what it has.
        while place != (place := self.place(selector, text)):
            time.sleep(0.2)
        x, y = place
        for kind in ('mouseMoved', 'mousePressed', 'mouseReleased'):
            self.tell('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)

    def opened(self, selector, text=None):
        """The page that a click opens."""
        before = {target['targetId'] for target in self.targets()}
        self.click(selector, text)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            new = [target for target in self.targets() if target['targetId'] not in before]
            if new:
                page = Page(self.browser, new[0]['targetId'], self.folder)
                page.wait('document.readyState === "complete"')
                return page
            time.sleep(0.05)
        raise Failed('no page was opened')

    def targets(self):
        return [t for t in self.browser.tell('Target.getTargets')['targetInfos'] if t['type'] == 'page']

    def type(self, text):
        for character in text:
            key = {'\n': ('Enter', 13, '\r')}.get(character, (character, 0, character))
            for kind in ('keyDown', 'keyUp'):
                self.tell('Input.dispatchKeyEvent', type=kind, key=key[0], windowsVirtualKeyCode=key[1],
                          **({'text': key[2]} if kind == 'keyDown' else {}))

    def photograph(self, name):
        data = self.tell('Page.captureScreenshot', format='png')['data']
        with open(os.path.join(self.folder, name), 'wb') as file:
            file.write(base64.b64decode(data))

    @property
    def complaints(self):
        self.value('0')
        found = []
        for event in self.browser.events:
            if event['method'] == 'Runtime.exceptionThrown':
                found.append(event['params']['exceptionDetails'].get('exception', {}).get('description', 'an exception'))
            elif event['method'] == 'Log.entryAdded' and event['params']['entry']['level'] == 'error':
                found.append(event['params']['entry']['text'])
        return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--size', default='1280x900')
    parser.add_argument('--dark', action='store_true')
    parser.add_argument('--folder', default='.')
    parser.add_argument('url')
    options = parser.parse_args()
    script = sys.stdin.read()
    browser = Browser(options.size.split('x'))
    page = None
    try:
        target = browser.tell('Target.createTarget', url='about:blank')['targetId']
        page = Page(browser, target, options.folder)
        if options.dark:
            page.tell('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': 'dark'}])
        page.open(options.url)
        exec(compile(script, 'script', 'exec'), {'page': page})
    except Failed as error:
        complaints = page.complaints if page and browser.process.poll() is None else []
        print(f'browser: {error} {complaints or ""}', file=sys.stderr)
        sys.exit(1)
    finally:
        browser.end()


main()
