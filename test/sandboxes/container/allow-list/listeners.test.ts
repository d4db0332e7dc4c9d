import { expect, test } from "vitest";
import { proxyEnvironment } from "../../../../sandboxes/container/allow-list/listeners.ts";

test("a command's variables lead to the proxy, but for the loopback and the services, by name and by address", () => {
  const { http_proxy, no_proxy, ...others } = proxyEnvironment(["main:198.18.0.2", "web:198.18.0.3"]);
  expect([http_proxy, no_proxy]).toEqual(["http://127.1.0.1:3128", "localhost,127.0.0.1,::1,main,198.18.0.2,web,198.18.0.3"]);
  expect(others).toEqual({ https_proxy: http_proxy, HTTP_PROXY: http_proxy, HTTPS_PROXY: http_proxy, NO_PROXY: no_proxy });
});
