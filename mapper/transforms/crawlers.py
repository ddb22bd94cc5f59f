"""Crawlers: programs that read pages without a person, as they name themselves in `User-Agent`.

A row of the table is a name, how user agents show it, and a page of the operator or of the project that
publishes the program. A pattern is in lower case, and begins and ends at a word of the text; with `^` it
begins the text, with `$` it ends it. Libraries that people's apps use as well, such as okhttp, Dalvik,
CFNetwork and Dart, have no row, and neither has a program that hides what it is.
"""

from __future__ import annotations

import re
from functools import cache

from mapper.values.frozen import dataclass

# No more of a text is read: servers accept headers of 8 KiB, and browsers send some 200 characters.
LONGEST_AGENT = 4096

_ROWS = """
Google's common crawlers | googlebot; storebot; google-inspectiontool; googleother; google-cloudvertexbot | https://developers.google.com/crawling/docs/crawlers-fetchers/google-common-crawlers
Google's special crawlers | adsbot; mediapartners-google; apis-google; google-safety | https://developers.google.com/crawling/docs/crawlers-fetchers/google-special-case-crawlers
Google's fetchers | feedfetcher-google; googleproducer; google-read-aloud; google-site-verification | https://developers.google.com/crawling/docs/crawlers-fetchers/google-user-triggered-fetchers
Google Favicon | google favicon | https://developers.google.com/search/docs/appearance/favicon-in-search
Google Page Speed Insights | google page speed insights | https://developers.google.com/speed/docs/insights/v5/about
Lighthouse | chrome-lighthouse | https://github.com/GoogleChrome/lighthouse
Bing | bingbot; msnbot; adidxbot; bingpreview; microsoftpreview | https://www.bing.com/webmasters/help/which-crawlers-does-bing-use-8c184ec0
Yandex | yandexbot; yandexmobilebot; yandeximages; yandexvideo; yandexmedia; yandexmetrika; yandexdirect; yandexdirectdyn; yandexaccessibilitybot; yandexscreenshotbot; yandexrenderresourcesbot; yandexfavicons; yandexpagechecker; yandexwebmaster; yadirectfetcher | https://yandex.com/support/webmaster/robot-workings/check-yandex-robots.html
Baiduspider | baiduspider | https://www.baidu.com/search/spider.html
DuckDuckBot | duckduckbot; duckassistbot; duckduckgo-favicons-bot | https://duckduckgo.com/duckduckgo-help-pages/results/duckduckbot
Applebot | applebot | https://support.apple.com/en-us/119829
PetalBot | petalbot; aspiegelbot | https://webmaster.petalsearch.com/site/petalbot
Yahoo Slurp | slurp | https://help.yahoo.com/kb/SLN22600.html
Seznam | seznambot | https://napoveda.seznam.cz/en/seznambot-crawler/
Sogou | sogou web spider; sogou inst spider; sogou pic spider | https://www.sogou.com/docs/help/webmasters.htm
360Spider | 360spider; haosouspider | https://www.so.com/help/help_3_2.html
YisouSpider | yisouspider | https://www.yisou.com/help/webmaster/spider_guide.html
Naver Yeti | yeti/1 | https://searchadvisor.naver.com/guide/seo-basic-robots
Daum | daum/4; daumoa | https://cs.daum.net/faq/15/4118.html
Coc Coc | coccocbot | https://help.coccoc.com/en/search-engine
Qwant | qwantify; qwantbot | https://help.qwant.com/bot/
Mojeek | mojeekbot | https://www.mojeek.com/bot.html
Internet Archive | archive.org_bot; ia_archiver | https://archive.org/details/archive.org_bot
Common Crawl | ccbot | https://commoncrawl.org/ccbot
Facebook | facebookexternalhit; facebookcatalog; facebot | https://developers.facebook.com/docs/sharing/webmasters/web-crawlers
Meta | meta-externalagent; meta-externalfetcher; meta-externalads; meta-webindexer; facebookbot | https://developers.facebook.com/docs/sharing/webmasters/web-crawlers
X | twitterbot | https://developer.x.com/en/docs/x-for-websites/cards/guides/getting-started
LinkedIn | linkedinbot | https://www.linkedin.com/robots.txt
Slack | slackbot; slack-imgproxy | https://api.slack.com/robots
WhatsApp previews | ^whatsapp/ | https://developers.facebook.com/docs/sharing/webmasters/web-crawlers
Telegram previews | telegrambot | https://t.me/webpagebot
Discord previews | discordbot | https://discord.com/developers/docs/reference
Reddit | redditbot | https://www.reddit.com/robots.txt
Snapchat previews | snap url preview service | https://developers.snap.com/robots
TikTok | tiktokspider; bytespider | https://bytespider.bytedance.com/
VK previews | vkshare | https://dev.vk.com/en/widgets/share
LINE previews | line-poker | https://developers.line.biz/en/faq/
KakaoTalk previews | kakaotalk-scrap | https://devtalk.kakao.com/t/scrap/33984
Bluesky previews | bluesky cardyb | https://docs.bsky.app/
Amazon | amazonbot; amzn-searchbot; amzn-user; amazonproductdiscovery; amazonadbot | https://developer.amazon.com/amazonbot
OpenAI | gptbot; oai-searchbot; oai-adsbot; chatgpt-user | https://platform.openai.com/docs/bots
Anthropic | claudebot; claude-searchbot; claude-user; claude-web; anthropic-ai | https://support.claude.com/en/articles/8896518
Perplexity | perplexitybot; perplexity-user | https://docs.perplexity.ai/guides/bots
Mistral | mistralai-user | https://docs.mistral.ai/robots
You.com | youbot | https://about.you.com/youbot/
Diffbot | diffbot | https://docs.diffbot.com/
Criteo | criteobot | https://www.criteo.com/criteo-crawler/
Ahrefs | ahrefsbot; ahrefssiteaudit | https://ahrefs.com/robot
Semrush | semrushbot; siteauditbot; splitsignalbot | https://www.semrush.com/bot/
Majestic | mj12bot | https://mj12bot.com/
Moz | dotbot; rogerbot | https://moz.com/help/moz-procedures/crawlers
Serpstat | serpstatbot | https://serpstatbot.com/
DataForSEO | dataforseobot | https://dataforseo.com/dataforseo-bot
BLEXBot | blexbot | https://help.seranking.com/en/blex-crawler
Barkrowler | barkrowler | https://www.babbar.tech/crawler
Screaming Frog | screaming frog seo spider | https://www.screamingfrog.co.uk/seo-spider/user-guide/configuration/
Oncrawl | oncrawl | https://help.oncrawl.com/
Botify | botify | https://www.botify.com/
Lumar | deepcrawl; lumar | https://www.lumar.io/
W3C validators | w3c_validator; w3c-checklink; w3c_css_validator | https://validator.w3.org/services
GTmetrix | gtmetrix | https://gtmetrix.com/
WebPageTest | ptst | https://docs.webpagetest.org/
Pingdom | pingdom.com_bot; pingdompagespeed; pingdomtms; pingdombot | https://www.pingdom.com/
SolarWinds | solarwindstransactionbot; ^solarwinds/ | https://documentation.solarwinds.com/en/success_center/observability/content/intro/websites/custom-user-agent-headers-guidelines.htm
UptimeRobot | uptimerobot | https://uptimerobot.com/help/locations/
StatusCake | statuscake | https://www.statuscake.com/
Datadog Synthetics | datadogsynthetics; datadog/synthetics | https://docs.datadoghq.com/synthetics/guide/identify_synthetics_bots/
New Relic | newrelicpinger | https://docs.newrelic.com/docs/synthetics/synthetic-monitoring/administration/identify-synthetics-requests-your-app/
Site24x7 | site24x7 | https://www.site24x7.com/
Dynatrace Synthetic | rxcloudsynthetic; ruxitsynthetic; ruxitrecorder | https://docs.dynatrace.com/docs/observe/digital-experience/synthetic-monitoring
Uptrends | uptrends | https://www.uptrends.com/support/kb
Better Stack | better uptime bot | https://betterstack.com/docs/uptime/
HetrixTools | hetrixtools | https://docs.hetrixtools.com/
Uptime.com | uptimebot; uptime.com | https://uptime.com/
Uptime Kuma | uptime-kuma | https://github.com/louislam/uptime-kuma
Updown | updown.io | https://updown.io/
Freshping | freshpingbot | https://support.freshping.io/
Google Cloud checks | googlestackdrivermonitoring-uptimechecks; googlehc | https://cloud.google.com/monitoring/uptime-checks
AWS health checks | elb-healthchecker; amazon-route53-health-check-service; cloudwatchsynthetics | https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/
Cloudflare | cloudflare-healthchecks; cloudflare-alwaysonline; cloudflare-prefetch | https://developers.cloudflare.com/health-checks/
Kubernetes probes | kube-probe | https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/
Prometheus | blackbox-exporter; blackbox exporter | https://github.com/prometheus/blackbox_exporter
Headless Chrome | headlesschrome; headlesschromium; headlessedg | https://developer.chrome.com/docs/chromium/headless
PhantomJS | phantomjs | https://phantomjs.org/
SlimerJS | slimerjs | https://slimerjs.org/
HtmlUnit | htmlunit | https://htmlunit.sourceforge.io/
Cypress | cypress/ | https://docs.cypress.io/app/references/configuration
Prerender | prerender | https://docs.prerender.io/
jsdom | jsdom | https://github.com/jsdom/jsdom
Scrapy | scrapy | https://docs.scrapy.org/en/latest/topics/settings.html
Apache Nutch | nutch | https://nutch.apache.org/
HTTrack | httrack | https://www.httrack.com/
curl | ^curl/; ^libcurl/ | https://curl.se/docs/manpage.html
Wget | ^wget/; ^wget2/ | https://www.gnu.org/software/wget/manual/
HTTPie | ^httpie/ | https://httpie.io/docs/cli
Postman | ^postmanruntime/ | https://learning.postman.com/docs/
Python libraries | python-requests/; python-urllib/; python-httpx/; aiohttp/; python-urllib3/ | https://docs.python.org/3/library/urllib.request.html
Go libraries | go-http-client; ^go 1.1 package http; ^fasthttp$; ^colly - | https://pkg.go.dev/net/http
Java libraries | ^java/1.; ^java/11.; ^java/17.; ^java/21.; ^java/25.; ^java-http-client/; ^apache-httpclient/4.; ^apache-httpclient/5.; jakarta commons-httpclient/; ^reactornetty/ | https://docs.oracle.com/javase/8/docs/technotes/guides/net/properties.html
JavaScript libraries | ^axios/; ^node-fetch; ^node$; ^undici$; ^got (https://github.com/sindresorhus/got; ^node-superagent/; ^deno/ | https://nodejs.org/api/globals.html
Ruby libraries | ^ruby$; ^faraday v; ^rest-client/; http.rb/; ^typhoeus - | https://docs.ruby-lang.org/en/master/Net/HTTP.html
PHP libraries | ^guzzlehttp/; ^symfony httpclient; ^php/; ^php-curl-class/ | https://docs.guzzlephp.org/en/stable/request-options.html
Perl libraries | libwww-perl/; ^lwp::simple/; ^mojolicious (perl) | https://metacpan.org/pod/LWP::UserAgent
Rust libraries | ^reqwest/; ^ureq/ | https://docs.rs/reqwest/
PowerShell | windowspowershell; ^powershell/ | https://learn.microsoft.com/en-us/powershell/module/microsoft.powershell.utility/invoke-webrequest
WordPress | ^wordpress/ | https://developer.wordpress.org/reference/classes/wp_http/request/
Load tests | ^k6/; ^apachebench/; ^artillery ( | https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/
Scanners | nmap scripting engine; nikto/; ^masscan/; censysinspect; zgrab | https://nmap.org/book/nse.html
"""  # noqa: E501  # a row is a line

# How crawlers without a row, as those of destinations, say what they are: by a word, by the end of a name
# before its version, or by the address of a page about them after `+`. Cubot makes phones.
_GENERIC = ("bot", "crawler", "spider")
_SAYS_SO = re.compile(r"(?<!cu)(?:bot|crawler|spider)/v?[0-9]|\+https?://")
_WORD = re.compile(r"[^\W_]+")
_UNNAMED = "a crawler without a row"


@dataclass(frozen=True, slots=True)
class Crawler:
    """A row of the table. source: the page that says how user agents show it."""

    name: str
    patterns: tuple[str, ...]
    source: str


def _read(row: str) -> Crawler:
    name, patterns, source = row.split(" | ")
    return Crawler(name, tuple(patterns.split("; ")), source)


CRAWLERS = tuple(map(_read, _ROWS.strip().splitlines()))


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A pattern of a row, less the marks of the beginning and the end of a text."""

    name: str
    text: str
    at_start: bool
    at_end: bool

    def is_at(self, place: int, agent: str) -> bool:
        end = place + len(self.text)
        if (self.at_start and place) or not agent.startswith(self.text, place):
            return False
        if self.at_end:
            return end == len(agent)
        return not self.text[-1].isalnum() or not agent[end : end + 1].isalnum()


@cache
def _patterns() -> dict[str, list[_Pattern]]:
    """All patterns by their first word."""
    by_word: dict[str, list[_Pattern]] = {}
    named = [(one.name, pattern) for one in CRAWLERS for pattern in one.patterns]
    for name, pattern in [*named, *((_UNNAMED, word) for word in _GENERIC)]:
        text = pattern.removeprefix("^").removesuffix("$")
        found = _Pattern(name, text, pattern[0] == "^", pattern[-1] == "$")
        by_word.setdefault(_WORD.findall(text)[0], []).append(found)
    return by_word


def crawler_name(agent: str) -> str | None:
    """The crawler that a user agent names; None where it names none, as those of people's browsers."""
    text = agent[:LONGEST_AGENT].lower()
    patterns = _patterns()
    if not patterns.keys().isdisjoint(_WORD.findall(text)):
        for word in _WORD.finditer(text):
            for pattern in patterns.get(word[0], ()):
                if pattern.is_at(word.start(), text):
                    return pattern.name
    return _UNNAMED if _SAYS_SO.search(text) else None
